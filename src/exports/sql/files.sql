-- Keys of the files of campaign $2.
select file_key
from exports
where tenant_id = $1 and campaign_id = $2 and file_key is not null
