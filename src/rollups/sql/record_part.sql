-- Records the digest $4 of part $3 of relation $2 of edition $1, unless it is known.
insert into rollup_relations (
    schema_name,
    relation,
    part,
    digest
)
values ($1, $2, $3, $4)
on conflict do nothing
