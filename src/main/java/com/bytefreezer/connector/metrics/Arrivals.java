package com.bytefreezer.connector.metrics;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.spool.DatasetState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What arrives in this process. For any thread. */
public interface Arrivals {
    /** Whether each feed works, by its name. */
    Map<String, Boolean> feeds();

    /** What has become of the events of each dataset. */
    List<DatasetState> datasets();

    /** The datasets whose last pack failed. */
    Set<DatasetName> failingPacks();

    /** How many columns packs on this machine have widened so far, by dataset. */
    Map<DatasetName, Long> widened();

    /** From 0 to 1; empty without a spool. */
    Optional<Double> spoolFull();

    /** What has become of source objects. */
    List<SourceTotal> sources();
}
