package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.signs.Periodic;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the claims of this process until it is closed. Others may take over a claim that is not renewed in time; so
 * its unit is delivered even if this process has died.
 */
final class Renewal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Renewal.class);

    private final Store store;
    private final Supplier<Collection<String>> held;
    /** No {@link java.util.Timer}: it stands still for as long as the machine's clock is put back. */
    private final ScheduledExecutorService keeper = Periodic.thread("claims");

    Renewal(Store store, Duration lease, Supplier<Collection<String>> held) {
        this.store = store;
        this.held = held;
        var unused = Periodic.each(lease.dividedBy(3), keeper, "the renewal of claims", this::renew);
    }

    private void renew() {
        List<String> claims = List.copyOf(held.get());
        if (claims.isEmpty()) {
            return;
        }
        try {
            store.note(sql -> {
                store.claims().renew(sql, claims);
                return true;
            });
        } catch (SQLException e) {
            LOG.warn(
                    "cursor {}: {} claims could not be renewed ({}). The connector renews them when the store answers again, unless another replica has taken them over.",
                    store.address().subject(),
                    claims.size(),
                    Store.message(e));
        }
    }

    @Override
    public void close() {
        keeper.shutdownNow();
    }
}
