DROP TABLE job_counts;
DROP TABLE job_attempts;
DROP TABLE job_versions;
DROP TABLE job_queue;
DROP TABLE signup_counts;
DROP TABLE user_profiles;
DROP TABLE users;
