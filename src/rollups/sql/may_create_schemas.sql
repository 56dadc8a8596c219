-- True if the role may create schemas in the database, and the statement that lets it.
select has_database_privilege(current_database(), 'CREATE'),
       format('grant create on database %I to %I', current_database(), current_user)
