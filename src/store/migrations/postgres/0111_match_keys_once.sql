-- In SQLite every key stood twice, in a table and in the index of its primary key. Here rows have a place
-- of their own in any case: nothing changes.
SELECT 1;
