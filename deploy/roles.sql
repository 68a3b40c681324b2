-- The application's role; the owner is the user that the container was made with.
CREATE ROLE opora_app LOGIN PASSWORD 'CHANGE-ME';
