CREATE TABLE signup_days (
    day TEXT NOT NULL PRIMARY KEY,
    signups BIGINT NOT NULL
);
INSERT INTO signup_days (day, signups) SELECT day, sum(signups) FROM signup_counts GROUP BY day;
DROP TABLE signup_counts;
ALTER TABLE signup_days RENAME TO signup_counts;
UPDATE schema_serves SET oldest = '20261201000002';
