/**
 * The HTTP server of interactive and watch mode, and who may use it. Most of its answers come from {@code routes/api/}.
 */
@NullMarked
package com.bytefreezer.connector.http;

import org.jspecify.annotations.NullMarked;
