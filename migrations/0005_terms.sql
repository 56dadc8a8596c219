-- The terms that several reports count by, each said once (contract, sections 3 and 4). Plain SQL functions,
-- which the planner puts in place of their call.

-- AutoCall: handed to an agent queue, whether or not an agent took the call.
create function callboard_handed_over(transfer text) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(transfer in ('queued', 'connected'), false) $$;

-- Telesales: a dial is a call that is not blocked; one in progress has no result yet and is a dial.
create function callboard_is_dial(result text) returns boolean
    language sql immutable parallel safe
    as $$ select result is distinct from 'blocked' $$;

-- Telesales: answered by the customer, whether or not an agent was there to speak.
create function callboard_is_answer(result text) returns boolean
    language sql immutable parallel safe
    as $$ select coalesce(result in ('answered', 'abandoned'), false) $$;

-- Telesales calls of an account in [begins, ends), of one campaign and of some agents where these are given.
create function callboard_calls(tenant bigint, begins timestamptz, ends timestamptz, campaign bigint, agents bigint[])
    returns setof telesales_calls
    language sql stable parallel safe
    as $$
        select * from telesales_calls
        where tenant_id = tenant and started_at >= begins and started_at < ends
          and (campaign is null or campaign_id = campaign)
          and (agents is null or agent_id = any (agents))
    $$;

-- A text as it is searched: without case, whatever the letters and whatever the database's own locale.
create function callboard_folded(value text) returns text
    language sql immutable parallel safe
    as $$ select lower(value collate "und-x-icu") $$;
