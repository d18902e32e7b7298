CREATE TABLE `keys` (
	`name` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`last4` text NOT NULL,
	`previous_hash` text,
	`previous_until` integer,
	`owner` text,
	`team` text,
	`tags` text NOT NULL,
	`providers` text,
	`models` text,
	`routes` text,
	`ips` text,
	`limits` text NOT NULL,
	`capture` text,
	`expires_at` integer,
	`revoked_at` integer,
	`created_at` integer NOT NULL
);

