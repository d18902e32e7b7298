ALTER TABLE `calls` ADD `saved_nano` integer;
--> statement-breakpoint
ALTER TABLE `calls` ADD `saved_ms` real;
--> statement-breakpoint
ALTER TABLE `calls` ADD `cached_from` text;
--> statement-breakpoint
ALTER TABLE `calls` ADD `cache_why` text;
