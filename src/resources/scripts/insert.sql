-- Inserts a script with the columns $2, unless a row has its id.
insert into autocall_scripts
select made.*
from jsonb_populate_record(null::autocall_scripts, $2::jsonb || jsonb_build_object('tenant_id', $1)) as made
on conflict (tenant_id, id) do nothing
