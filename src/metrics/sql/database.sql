-- Size of the database, and the seconds that the furthest replica is behind.
select pg_database_size(current_database())::float8,
       (select extract(epoch from max(replay_lag))::float8 from pg_stat_replication)
