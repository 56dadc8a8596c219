-- Creates a user. $2 name, $3 the name's key, $4 email, $5 role, $6 team, $7 hash of the password.
insert into users (
    tenant_id,
    username,
    username_key,
    email,
    role,
    team_id,
    password_hash
)
values ($1, $2, $3, $4, $5, $6, $7)
returning id
