select callboard_bucket(callboard_quarter({{:hours_from}}), 4) as begins,
       callboard_bucket(callboard_quarter({{:hours_to}}), 4) as ends
