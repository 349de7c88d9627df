DROP TABLE schema_serves;
