package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.Spool;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The {@link Intake} of each dataset of a spool. Safe for use by several threads. */
public final class Intakes {
    /** Senders name datasets, where a feed takes any; each has files and memory. */
    private static final int MOST = 10_000;

    private final Spool spool;
    private final Map<DatasetName, Intake> all = new ConcurrentHashMap<>();

    /**
     * Reads what the spool still holds.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException if it cannot be read
     */
    public Intakes(Spool spool) {
        this.spool = spool;
        for (DatasetSpool each : spool.datasets()) {
            of(new DatasetName(each.tenant(), each.dataset()));
        }
    }

    /**
     * That of a dataset, which may be new.
     *
     * @throws ApiException if there are too many
     */
    public Intake of(DatasetName name) {
        Intake known = all.get(name);
        if (known == null && all.size() >= MOST) {
            throw ApiException.busy("There are %,d datasets already, and this is a new one.".formatted(MOST));
        }
        return known != null
                ? known
                : all.computeIfAbsent(
                        name, one -> Intake.open(spool.dataset(one.tenant(), one.dataset()), Clock.systemUTC()));
    }

    /** Keeps what the next process would have to find out. For the end of this one. */
    public void end() {
        all.values().forEach(Intake::end);
    }

    public List<Intake> all() {
        return List.copyOf(all.values());
    }
}
