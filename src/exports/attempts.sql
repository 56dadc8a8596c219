-- Every attempt of a campaign in a window with the ingest fields, and its lead's phone and reference; oldest first. COPY takes
-- no arguments: tenant, campaign and window are settings of the transaction.
copy (
    select callboard_short(a.uuid), a.campaign_id, a.lead_id, a.attempt_number, a.started_at, a.answered_at, a.ended_at, a.result,
           callboard_short(a.hangup_cause), a.billsec, callboard_short(a.dtmf), callboard_path(a.script_path), a.transfer, a.agent_id,
           callboard_short(a.agent_disposition), callboard_short(a.caller_id), callboard_short(a.provider), callboard_short(a.outcome), (a.sentiment * 1000000)::bigint,
           callboard_short(l.phone_as_sent), callboard_short(l.external_ref)
    from autocall_attempts a
    left join autocall_leads l
      on l.tenant_id = current_setting('callboard.tenant')::bigint and l.id = a.lead_id
    where a.tenant_id = current_setting('callboard.tenant')::bigint
      and a.campaign_id = current_setting('callboard.campaign')::bigint
      and a.started_at >= current_setting('callboard.window_from')::timestamptz
      and a.started_at < current_setting('callboard.window_to')::timestamptz
    order by a.started_at, a.uuid
) to stdout (format binary)
