package com.bytefreezer.connector.app;

import com.bytefreezer.connector.cage.Cage;
import com.bytefreezer.connector.cage.Cell;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.LookupTables;
import java.util.Set;

/**
 * Prepares what the first visitor would wait for, while the routes start, which takes one processor: a query process, and if the settings
 * name a bucket, DuckDB's extension for it and one request to it. Reads no data. Whatever fails is reported to the first who needs it.
 */
final class FirstVisit {
    /** The request is for a name that no dataset has. */
    private static final String NOBODY = "first-visit";

    private final Settings settings;
    private final Cage cage;
    private final LakeCredentials credentials;

    FirstVisit(Settings settings, Cage cage, LakeCredentials credentials) {
        this.settings = settings;
        this.cage = cage;
        this.credentials = credentials;
    }

    /** Does not wait for it. */
    void prepare() {
        cage.warm();
        if (!credentials.areNotNeeded() && credentials.areConfigured()) {
            Thread thread = new Thread(this::reach, "first visit");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void reach() {
        try {
            Credentials bucket = credentials.fromSettings();
            try (Lake lake = Lake.of(settings, NOBODY, NOBODY, bucket)) {
                lake.probe();
                open(lake.folders(), bucket);
            }
        } catch (RuntimeException e) {
            // As if nobody had tried.
        }
    }

    private void open(Set<String> folders, Credentials bucket) {
        Cell cell = cage.take();
        try {
            DuckDb.open(cell, settings, folders, bucket, true, LookupTables.NONE)
                    .close();
        } finally {
            cage.giveBack(cell);
        }
    }
}
