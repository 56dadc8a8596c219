({{sources}}::text[] is null or callboard_source({{lead}}.source) = any ({{sources}}))
