-- Rows a second of the tenant's last files in format $2, of those with enough rows to measure, and their number.
select sum(rows_written)::float8 / nullif(sum(seconds_taken), 0), count(*)
from (select rows_written, seconds_taken
      from exports
      where tenant_id = $1 and format = $2 and rows_written >= 10000
      order by completed_at desc
      limit 10) last
