/** What has arrived for the lake and is not yet in it, on disk. */
@NullMarked
package com.bytefreezer.connector.spool;

import org.jspecify.annotations.NullMarked;
