-- Arguments of attempts.sql, because COPY takes none. $2 campaign, $3 and $4 the window.
select
    set_config('callboard.tenant', $1::bigint::text, true),
    set_config('callboard.campaign', $2::bigint::text, true),
    set_config('callboard.window_from', $3::timestamptz::text, true),
    set_config('callboard.window_to', $4::timestamptz::text, true)
