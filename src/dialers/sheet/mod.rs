//! Tables of any origin: a mapping names the field of each column, and rows become ingest lines.
