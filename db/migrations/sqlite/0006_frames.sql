ALTER TABLE `payloads` ADD `frame_pk` integer;
--> statement-breakpoint
CREATE INDEX `payloads_frame` ON `payloads` (`frame_pk`) WHERE "payloads"."frame_pk" is not null;
