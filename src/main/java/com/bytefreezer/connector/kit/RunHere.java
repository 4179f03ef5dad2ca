package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A run in this process, beside others. */
final class RunHere implements ConnectorRun {
    private final FutureTask<Optional<String>> task;
    private boolean hangs;

    private RunHere(Path routes, Map<String, String> settings) {
        task = new FutureTask<>(() -> run(routes, settings));
    }

    static RunHere start(Path routes, Map<String, String> settings) {
        RunHere run = new RunHere(routes, settings);
        Thread thread = new Thread(run.task, "certified run");
        thread.setDaemon(true);
        thread.start();
        return run;
    }

    private static Optional<String> run(Path routes, Map<String, String> given) throws Exception {
        Settings settings;
        try {
            settings =
                    Settings.load(new Settings.Sources(Mode.BATCH, given, Map.of(), null, null, RouteFiles.in(routes)));
        } catch (SettingsException e) {
            return Optional.of(e.saying(""));
        }
        Secrets secrets = Secrets.ofProcess();
        settings.secrets().forEach(secrets::add);
        try (Connector connector = Connector.once(settings, secrets, Cursor.open(settings))) {
            Schedule schedule = connector.start();
            schedule.awaitAll();
            return schedule.failure()
                    .map(failure -> secrets.mask(Failures.known(failure).saying("", "")));
        } finally {
            settings.secrets().forEach(secrets::remove);
        }
    }

    @Override
    public Optional<String> failure() throws InterruptedException {
        try {
            return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS).map(why -> "failed: " + why);
        } catch (TimeoutException e) {
            hangs = true;
            return Optional.of(HANGS);
        } catch (ExecutionException e) {
            return Optional.of("failed: " + Failures.describe(Objects.requireNonNull(e.getCause())));
        }
    }

    @Override
    public boolean hangs() {
        return hangs;
    }

    @Override
    public void kill() {
        throw new UnsupportedOperationException("this process cannot be killed");
    }

    @Override
    public boolean isAlive() {
        return !task.isDone();
    }

    /** Leaves a hanging run behind. */
    @Override
    public void close() {
        task.cancel(true);
    }
}
