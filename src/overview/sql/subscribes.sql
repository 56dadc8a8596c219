-- True if an active webhook subscribes to event $2.
select callboard_subscribed($1, array[$2]) is not null
