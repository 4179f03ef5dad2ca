package com.bytefreezer.connector.input.file;

import com.bytefreezer.connector.config.FeedDefinition;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A feed of the files in a folder.
 *
 * @param pattern of the names of its files
 * @param format in which its events come, in lower case
 * @param separator of CSV; empty: as the first line looks
 * @param stable how long a file must not have changed
 * @param longest bytes of an event
 */
public record FolderFeed(
        String name,
        Path folder,
        String pattern,
        After after,
        String format,
        String separator,
        Duration stable,
        int longest) {
    /** What becomes of a file all of whose events are on disk. */
    enum After {
        MOVE,
        DELETE,
        KEEP
    }

    /** As the file of the feed says. */
    public static FolderFeed of(FeedDefinition feed, int longest) {
        return new FolderFeed(
                feed.name(),
                Path.of(feed.parameter("folder")),
                feed.parameter("pattern"),
                switch (feed.parameter("after")) {
                    case "delete" -> After.DELETE;
                    case "keep" -> After.KEEP;
                    default -> After.MOVE;
                },
                feed.format(),
                feed.parameter("separator"),
                Duration.ofSeconds(Integer.parseInt(feed.parameter("stable-seconds"))),
                longest);
    }
}
