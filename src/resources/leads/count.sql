-- Number of a campaign's leads. Arguments of the filter.
select count(*)
{{filtered}}
