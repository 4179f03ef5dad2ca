package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.spool.DatasetState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What has become of the events that feeds have brought, whichever process has the spool. Safe for use by several threads. */
public final class FeedList {
    private final Path spool;

    public FeedList(Settings settings) {
        spool = Path.of(settings.text("spool.folder"));
    }

    /**
     * Of each dataset of the spool.
     *
     * @throws ConnectorException if it cannot be read
     */
    public List<DatasetState> datasets() {
        try {
            return DatasetState.in(spool);
        } catch (IOException | UncheckedIOException e) {
            throw new ConnectorException(
                    "spool %s: it cannot be read (%s).".formatted(spool, Failures.describe(e)),
                    "Its datasets are not shown.",
                    "Check spool.folder.",
                    e);
        }
    }

    /** The same, for an answer. */
    public Map<String, List<DatasetState>> all() {
        return Map.of("feeds", datasets());
    }
}
