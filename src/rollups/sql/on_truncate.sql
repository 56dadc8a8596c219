truncate
    {{derived}}
