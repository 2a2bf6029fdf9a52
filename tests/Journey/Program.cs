return 9;
