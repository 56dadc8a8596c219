-- Editions: the roll-ups of one catalog each, in a schema of their own that is named by the catalog's fingerprint
-- (src/rollups/edition.rs). Servers of two versions each use their own.

create table rollup_editions (
    schema_name  text primary key,
    installed_at timestamptz not null default now(),
    -- Last stale mark of the installation: the edition is built when it has no mark up to this one.
    marked_to    bigint not null default 0,
    -- Last time that a server stated it uses this edition, by its clock. Null: a server has started with it since.
    used_at      timestamptz
);

-- Contents of each edition's relations: a digest of the whole, and of each column that can be missing by itself. An edition
-- reads the relations of another that have its own digests.
create table rollup_relations (
    schema_name text not null references rollup_editions on delete cascade,
    relation    text not null,
    -- Empty for the relation as a whole.
    part        text not null,
    digest      text not null,
    primary key (schema_name, relation, part)
);

-- They hold nothing of a tenant: names only. Servers write them in transactions of that purpose.
do $$
    declare
        made text;
    begin
        foreach made in array array['rollup_editions', 'rollup_relations'] loop
            execute format('alter table %I enable row level security', made);
            execute format('alter table %I force row level security', made);
            execute format($policy$create policy editions on %I
                using ((select current_setting('callboard.editions', true)) = 'on')$policy$, made);
        end loop;
    end $$;

-- The tables of versions before this one are in schema public, and may still be in use.
select set_config('callboard.editions', 'on', true);
insert into rollup_editions (schema_name, installed_at)
select 'public', max(installed_at) from rollup_schema having count(*) > 0;
