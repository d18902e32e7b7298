CREATE TABLE `findings` (
	`id` text PRIMARY KEY NOT NULL,
	`verdict` text NOT NULL,
	`rules` text NOT NULL,
	`session_id` text NOT NULL,
	`lane` text,
	`call_ids` text NOT NULL,
	`evidence` text NOT NULL,
	`spent_nano` integer,
	`state` text NOT NULL,
	`action` text NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `findings_last` ON `findings` (`last_at`,`id`);
--> statement-breakpoint
CREATE INDEX `findings_session` ON `findings` (`session_id`,`last_at`);
