create function {{name}}(
    {{arguments}}
) returns {{returns}}
    language sql stable parallel safe
    as $body$
        {{body}}
    $body$;
comment on function {{name}}({{types}}) is 'callboard reader'
