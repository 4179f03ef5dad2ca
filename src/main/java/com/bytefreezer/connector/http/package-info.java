/** The HTTP server of interactive and watch mode, and who may use it. Most of what it answers is in {@code routes/api/}. */
@NullMarked
package com.bytefreezer.connector.http;

import org.jspecify.annotations.NullMarked;
