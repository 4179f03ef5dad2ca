package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.signs.Plight;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;

/**
 * Tells of packs that fail: while the lake is away, in one line for all datasets and tries, and in one when it is over.
 * Safe for use by several threads.
 */
public final class LakeAway {
    private final Logger log;
    private final String packs;
    private final Plight lake = new Plight();
    private final Set<DatasetName> away = new HashSet<>();

    /** @param packs what they are called in the log */
    public LakeAway(Logger log, String packs) {
        this.log = log;
        this.packs = packs;
    }

    /**
     * A pack has failed.
     *
     * @param own of what else than the lake hinders it
     */
    public synchronized void tell(DatasetName dataset, Plight own, ConnectorException failure) {
        boolean isAway = failure.kind() == Problem.Kind.UNREACHABLE;
        if (isAway) {
            away.add(dataset);
        }
        Plight plight = isAway ? lake : own;
        if (plight.isNews(isAway ? rootOf(failure) : String.valueOf(failure.getMessage()))) {
            log.warn("{}", failure.getMessage());
        }
    }

    /** The same for all datasets: what servers say differs in the ids of requests. */
    private static String rootOf(Throwable failure) {
        Throwable root = Failures.root(failure);
        // A shelf's own words; those of the file system name the dataset.
        return root.getClass() == IOException.class
                ? String.valueOf(root.getMessage())
                : root.getClass().getName();
    }

    /** A pack of the dataset is in the lake. */
    public synchronized void works(DatasetName dataset) {
        away.remove(dataset);
        if (away.isEmpty()) {
            lake.end().ifPresent(former -> log.info("{}: the lake takes objects again.", packs));
        }
    }
}
