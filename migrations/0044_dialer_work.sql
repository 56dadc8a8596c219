-- Stored calls of dialers that are decided anew, one after the other, across restarts.

-- The last call, or record in quarantine, that was done. Besides endings with another result, a changed routing leaves work:
-- records in quarantine, and calls where somebody asked for that.
alter table dialer_remaps
    drop constraint dialer_remaps_vocabulary_check,
    add constraint dialer_remaps_vocabulary_check
        check (vocabulary in ('cause', 'disposition', 'dialstatus', 'status', 'routing')),
    add column done_source text collate "C" not null default '',
    add column done_id     text collate "C" not null default '';

-- A call that is no attempt keeps where it would go, for a result that makes it one.
alter table dialer_calls
    drop constraint dialer_calls_check,
    add constraint dialer_calls_check check (module is not null or ignored is not null),
    -- Product of calls that no rule names, at the door by which it came; null: that of its source.
    add column unrouted text check (unrouted in ('autocall', 'telesales'));

-- Calls of an ending are walked through by source and id.
drop index dialer_calls_tenant_id_vocabulary_ending_idx;
create index dialer_calls_ending on dialer_calls (tenant_id, vocabulary, ending, source, id) where ending is not null;
