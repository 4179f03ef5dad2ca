package com.bytefreezer.connector.testing;

import java.nio.charset.StandardCharsets;

/** A step of a route that ends the process, or a thread of it, as native code or a library may. Needs nothing but Java. */
public final class Deadly {
    public static final int CODE = 134;

    /** Ends the process at a record that says so. */
    public void carry(byte[] records) {
        if (new String(records, StandardCharsets.UTF_8).contains("deadly")) {
            Runtime.getRuntime().halt(CODE);
        }
    }

    /** Nobody dies of it any more. */
    public void mended() {}

    /** Ends a thread with an error of Java, for which this one then waits for ever. */
    public void loseAThread() throws InterruptedException {
        Thread thread = new Thread(
                () -> {
                    throw new StackOverflowError();
                },
                "library");
        thread.start();
        Thread.sleep(Long.MAX_VALUE);
    }
}
