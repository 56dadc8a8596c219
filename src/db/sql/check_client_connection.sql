-- Makes Postgres check that the client is still connected during a statement. Not supported on every operating system.
do $$
begin
    set client_connection_check_interval = '1s';
exception
    when others then null;
end $$
