package com.bytefreezer.connector.delivery;

import org.apache.camel.impl.engine.DefaultReactiveExecutor;

/**
 * Camel's executor. Its pools would swallow an {@link Error} between the steps of a route, where there is no callback.
 * It goes to the thread's {@linkplain Thread.UncaughtExceptionHandler handler}, like the error of any other thread.
 */
public final class GuardedTasks extends DefaultReactiveExecutor {
    @Override
    public void schedule(Runnable task) {
        super.schedule(guarded(task));
    }

    @Override
    public void scheduleMain(Runnable task) {
        super.scheduleMain(guarded(task));
    }

    @Override
    public void scheduleSync(Runnable task) {
        super.scheduleSync(guarded(task));
    }

    @Override
    public void scheduleQueue(Runnable task) {
        super.scheduleQueue(guarded(task));
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Error e) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                throw e;
            }
        };
    }
}
