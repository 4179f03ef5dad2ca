package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import java.time.Instant;
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
        public Optional<Spool.Fill> fill() {
            return Optional.empty();
        }

        @Override
        public Optional<Sources> sources() {
            return Optional.empty();
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
     * @param lastEvent when it last brought events; empty if it has not since its start
     */
    record Open(FeedDefinition feed, String address, Optional<String> trouble, Optional<Instant> lastEvent) {}

    /**
     * Source objects of a dataset that are not packed yet.
     *
     * @param oldest when it was written
     */
    record Waiting(long objects, long bytes, Instant oldest) {}

    /**
     * What the last listing of the source bucket has found.
     *
     * @param trouble why it has failed
     */
    record Sources(Map<DatasetName, Waiting> waiting, Optional<String> trouble) {}

    /** How full the spool is; empty if this process has none. */
    Optional<Spool.Fill> fill();

    /** Empty if this process packs no source objects. */
    Optional<Sources> sources();

    /** By their names. */
    Map<String, Open> open();

    /** Why feeds are not as their files say, by their names. */
    default Map<String, String> refused() {
        return Map.of();
    }

    /** The datasets of the spool of this process whose last pack has failed, with why. */
    default Map<DatasetName, String> failing() {
        return Map.of();
    }

    /** What has become of the events of each dataset; empty if this process has no spool. */
    Optional<List<DatasetState>> states();
}
