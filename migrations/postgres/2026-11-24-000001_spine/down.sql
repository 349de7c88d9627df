DROP TABLE job_counts;
DROP SEQUENCE job_versions;
DROP TABLE job_attempts;
DROP TABLE job_queue;
DROP FUNCTION job_queue_count;
DROP TABLE signup_counts;
DROP TABLE user_profiles;
DROP TABLE users;
