//! Records of FreeSWITCH: mod_json_cdr, mod_xml_cdr and mod_cdr_csv, as legs.
