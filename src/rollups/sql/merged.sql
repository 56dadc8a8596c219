on conflict ({{key}}) do update set
    {{added}}
