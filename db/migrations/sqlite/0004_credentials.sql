CREATE TABLE `credentials` (
	`provider` text NOT NULL,
	`name` text NOT NULL,
	`sealed` text NOT NULL,
	`last4` text NOT NULL,
	`weight` real NOT NULL,
	`models` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`provider`, `name`)
);

--> statement-breakpoint
ALTER TABLE `keys` ADD `disconnect` text;
