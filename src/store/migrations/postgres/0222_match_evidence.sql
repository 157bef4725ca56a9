-- What a match rests on, as data: the probability, and each thing compared with its degree and bits. JSON;
-- empty: nobody is known.
ALTER TABLE suggestions ADD COLUMN match_evidence TEXT NOT NULL DEFAULT '';
