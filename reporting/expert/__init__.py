"""Pages and workbooks for experts, data owners and the owners of the programme."""
