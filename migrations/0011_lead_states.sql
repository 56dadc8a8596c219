-- How far leads have come is summed too (src/rollups/states.rs), by their attempts over all time. Who empties the
-- attempts changes every lead's state at once, and there is no entry in a journal that would say so.
create trigger attempts_emptied after truncate on autocall_attempts
    for each statement execute function callboard_terms_emptied('autocall');
