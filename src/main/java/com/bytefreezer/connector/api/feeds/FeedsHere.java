package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.spool.DatasetState;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The feeds of this process, if it has any. Safe for use by several threads. */
public interface FeedsHere {
    /** Those of a process without feeds. */
    FeedsHere NONE = new FeedsHere() {
        @Override
        public Map<String, Open> open() {
            return Map.of();
        }

        @Override
        public Optional<List<DatasetState>> states() {
            return Optional.empty();
        }
    };

    /**
     * A feed that this process has opened.
     *
     * @param feed as it was then
     * @param address where its senders reach it; empty if it fetches events itself
     * @param trouble what keeps it from working now
     */
    record Open(FeedDefinition feed, String address, Optional<String> trouble) {}

    /** By their names. */
    Map<String, Open> open();

    /** What has become of the events of each dataset; empty if this process has no spool. */
    Optional<List<DatasetState>> states();
}
