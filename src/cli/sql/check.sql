-- The server, the role, and what the role may do.
select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as number,
       current_user::text as role,
       clock_timestamp() as now,
       has_database_privilege(current_database(), 'create') as may_create,
       to_regclass('public._sqlx_migrations') is not null as has_schema
