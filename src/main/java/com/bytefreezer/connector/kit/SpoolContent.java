package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.SealedSegment;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a spool holds that nobody uses any more, and of which nothing was packed. */
record SpoolContent(List<JsonNode> events, List<JsonNode> deadLetters) {
    static SpoolContent of(Path folder) {
        SpoolContent content = new SpoolContent(new ArrayList<>(), new ArrayList<>());
        try (Spool spool = Spool.open(folder, Long.MAX_VALUE)) {
            for (DatasetSpool each : spool.datasets()) {
                each.seal();
                Optional<SealedSegment> all = each.next();
                if (all.isPresent()) {
                    read(all.get().data(), content.events);
                    read(all.get().deadLetters(), content.deadLetters);
                }
            }
        }
        return content;
    }

    private static void read(Optional<Path> file, List<JsonNode> into) {
        try {
            for (String line : file.isEmpty() ? List.<String>of() : Files.readAllLines(file.get())) {
                into.add(Json.mapper().readTree(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
