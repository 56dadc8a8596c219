-- Every attempt of a campaign in a window, as ingest names its fields, and whom it was made to; the oldest first.
-- COPY takes no arguments: which account, which campaign and which window is said in settings of the transaction.
copy (
    select a.uuid, a.campaign_id, a.lead_id, a.attempt_number, a.started_at, a.answered_at, a.ended_at, a.result,
           a.hangup_cause, a.billsec, a.dtmf, array_to_string(a.script_path, ' -> '), a.transfer, a.agent_id,
           a.agent_disposition, a.caller_id, a.provider, a.outcome, (a.sentiment * 1000000)::bigint,
           l.phone_as_sent, l.external_ref
    from autocall_attempts a
    left join autocall_leads l
      on l.tenant_id = current_setting('callboard.tenant')::bigint and l.id = a.lead_id
    where a.tenant_id = current_setting('callboard.tenant')::bigint
      and a.campaign_id = current_setting('callboard.campaign')::bigint
      and a.started_at >= current_setting('callboard.window_from')::timestamptz
      and a.started_at < current_setting('callboard.window_to')::timestamptz
    order by a.started_at, a.uuid
) to stdout (format binary)
